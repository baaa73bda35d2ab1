{{^many}}Nuevo vencimiento de la proforma {{invoice.number}}: {{due_on | date:"day"}}{{/many}}{{#many}}Nuevo vencimiento de {{count}} proformas: {{due_on | date:"day"}}{{/many}}
