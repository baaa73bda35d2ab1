{{< _layout/text}}
{{$title}}Cobraremos {{balance | money}} el {{#charge_on}}{{charge_on | date:"day"}}{{/charge_on}}{{^charge_on}}{{due_on | date:"day"}}{{/charge_on}}{{/title}}
{{$facts}}
Importe: {{balance | money}}
Fecha del cargo: {{#charge_on}}{{charge_on | date:"long"}}{{/charge_on}}{{^charge_on}}{{due_on | date:"long"}}{{/charge_on}}{{#payment_method}}{{#label}} ({{label}}{{#expires}} · vence {{expires}}{{/expires}}){{/label}}{{/payment_method}}

{{/facts}}
{{$body}}
El {{> _blocks/charge-date}} haremos un cargo automático de {{balance | money}} en su medio de pago registrado{{#payment_method}}{{#label}} ({{label}}){{/label}}{{/payment_method}}{{^many}}, correspondiente a la proforma {{invoice.number}}.{{/many}}{{#many}}, correspondiente a {{count}} proformas.{{/many}}

No tiene que hacer nada. Si quiere pagar con otro medio o no desea renovar, avísenos o cámbielo en su cuenta antes de esa fecha.
{{#pay_url}}

También puede pagar ahora y no se hará el cargo automático: {{pay_url}}
{{/pay_url}}

{{> _blocks/invoices-text}}
{{/body}}
{{/ _layout/text}}
