{{< _layout/text}}
{{$title}}{{^many}}Proforma {{invoice.number}}{{/many}}{{#many}}Sus {{count}} proformas nuevas{{/many}}{{/title}}
{{$facts}}
Importe: {{balance | money}}
Vencimiento: {{due_on | date}} ({{> _blocks/left}})
{{^auto_renew}}
{{> _blocks/pay-text}}
{{/auto_renew}}

{{/facts}}
{{$body}}
{{^many}}Le enviamos la proforma {{invoice.number}}, que vence el {{due_on | date}}.{{/many}}{{#many}}Le enviamos {{count}} proformas que vencen el {{due_on | date}}. A continuación encontrará el detalle de cada una.{{/many}}{{^many}}{{#attached}} Adjuntamos el documento en PDF.{{/attached}}{{/many}}
{{#auto_renew}}

No tiene que hacer nada: el {{> _blocks/charge-date}} cobraremos el importe en su medio de pago registrado{{#payment_method}}{{#label}} ({{label}}){{/label}}{{/payment_method}}.
{{#pay_url}}

Si lo prefiere, también puede pagar ahora: {{pay_url}}
{{/pay_url}}
{{/auto_renew}}
{{^auto_renew}}

La proforma no es una factura: la factura se emite al acreditarse el pago.
{{/auto_renew}}

{{> _blocks/invoices-text}}
{{/body}}
{{/ _layout/text}}
