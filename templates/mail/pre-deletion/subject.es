Eliminación de datos: no antes del {{terminate_at | date:"day"}} ({{^many}}proforma {{invoice.number}}{{/many}}{{#many}}{{count}} proformas{{/many}})
