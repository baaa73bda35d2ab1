{{#invoice}}
Proforma {{number}}{{#issued_on}} ({{issued_on | date:"short"}}){{/issued_on}}
{{#lines}}
- {{#quantity}}{{quantity}} × {{/quantity}}{{description}}{{#from}} ({{from | date:"short"}}{{#to}} – {{to | date:"short"}}{{/to}}){{/from}}{{#amount}}: {{amount | money}}{{/amount}}
{{/lines}}
{{#partial}}
Total: {{total | money}}
{{/partial}}
{{#partial}}Por pagar{{/partial}}{{^partial}}Total{{/partial}}: {{balance | money}}
{{/invoice}}
