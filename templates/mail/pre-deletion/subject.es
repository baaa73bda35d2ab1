Eliminaremos sus datos no antes del {{terminate_at | date:"day"}}: descargue una copia ({{^many}}proforma {{invoice.number}}{{/many}}{{#many}}{{count}} proformas{{/many}})
