{{#pay_url}}
Pagar: {{pay_url}}
{{/pay_url}}
