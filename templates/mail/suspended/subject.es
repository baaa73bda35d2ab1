{{#service}}Servicio suspendido: {{service.name}}{{/service}}{{^service}}Hemos suspendido su servicio{{/service}}{{#event}} ({{at | date:"day"}}){{/event}}
