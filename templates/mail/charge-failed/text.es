{{< _layout/text}}
{{$title}}No hemos podido hacer el cargo{{/title}}
{{$facts}}
Importe: {{balance | money}}{{#payment_method}}{{#label}} ({{label}}){{/label}}{{/payment_method}}
Vencimiento: {{due_on | date}} ({{> _blocks/left}})
{{> _blocks/pay-text}}

{{/facts}}
{{$body}}
El cargo automático de {{balance | money}}{{#payment_method}}{{#label}} en su medio de pago ({{label}}){{/label}}{{/payment_method}}{{^many}}, correspondiente a la proforma {{invoice.number}},{{/many}}{{#many}}, correspondiente a {{count}} proformas,{{/many}} no se ha completado.{{#event}}{{#reason}} Motivo que informa la entidad de pago: {{reason}}.{{/reason}}{{/event}}
{{#retry_on}}

Lo intentaremos de nuevo el {{retry_on | date}}. Si antes paga por otro medio, ya no lo intentaremos.
{{/retry_on}}

Compruebe que el medio de pago siga vigente y tenga saldo o límite suficiente{{#pay_url}}, o pague ahora por otro medio con el enlace de pago de este correo{{/pay_url}}.
{{#suspend_at}}

Si la proforma sigue pendiente de pago después del vencimiento, podríamos suspender el servicio, no antes del {{suspend_at | date}}. Le avisaremos antes de hacerlo.
{{/suspend_at}}

{{> _blocks/invoices-text}}
{{/body}}
{{/ _layout/text}}
