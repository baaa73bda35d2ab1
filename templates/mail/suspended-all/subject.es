Hemos suspendido todos sus servicios{{#event}} ({{at | date:"day"}}){{/event}}
