Le hemos reembolsado {{event.amount | money}} ({{#invoice}}proforma {{number}}, {{/invoice}}{{event.at | date:"day"}})
