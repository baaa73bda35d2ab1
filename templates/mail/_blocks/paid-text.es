{{#invoice}}
Proforma {{number}}
{{#lines}}
- {{#quantity}}{{quantity}} × {{/quantity}}{{description}}{{#from}} ({{from | date:"short"}}{{#to}} – {{to | date:"short"}}{{/to}}){{/from}}{{#amount}}: {{amount | money}}{{/amount}}
{{/lines}}
Total: {{total | money}}
{{/invoice}}
Recibido: {{event.amount | money}}
{{#event.remaining}}
Queda por pagar: {{event.remaining | money}}
{{/event.remaining}}
{{#event.payment}}
Referencia del pago: {{event.payment}}
{{/event.payment}}
