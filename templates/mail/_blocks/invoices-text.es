{{#many}}
{{#invoices}}
- Proforma {{number}}, {{due_on | date:"short"}}: {{balance | money}}
{{#pay_url}}
  Pagar: {{pay_url}}
{{/pay_url}}
{{/invoices}}
Total a pagar: {{balance | money}}
{{/many}}
{{^many}}
{{> _blocks/lines-text}}
{{/many}}
