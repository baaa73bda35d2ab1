{{#service}}Baja definitiva de {{service.name}}{{/service}}{{^service}}Baja definitiva de su servicio{{/service}}{{#event}} ({{at | date:"day"}}){{/event}}
