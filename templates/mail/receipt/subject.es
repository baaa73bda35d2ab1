Hemos recibido su pago de {{event.amount | money}} ({{#invoice}}proforma {{number}}, {{/invoice}}{{event.at | date:"day"}})
