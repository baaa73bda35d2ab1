{{#service}}Servicio reactivado: {{service.name}}{{/service}}{{^service}}Hemos reactivado su servicio{{/service}}{{#event}} ({{at | date:"day"}}){{/event}}
