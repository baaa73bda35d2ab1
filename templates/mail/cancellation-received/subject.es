Hemos recibido su solicitud de baja{{#service}}: {{service.name}}{{/service}}{{#event}} ({{at | date:"day"}}){{/event}}
