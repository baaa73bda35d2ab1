{{< _layout/text}}
{{$title}}Hemos suspendido todos sus servicios{{/title}}
{{$facts}}
{{#count}}
Importe: {{balance | money}}
Vencimiento: {{due_on | date}}{{#overdue}} ({{> _blocks/left}}){{/overdue}}
{{> _blocks/pay-text}}

{{/count}}
{{/facts}}
{{$body}}
Hemos suspendido todos los servicios de su cuenta{{#event}} el {{at | date}}{{/event}}{{#count}}{{^many}} porque la proforma {{invoice.number}}, por {{balance | money}}, sigue pendiente de pago{{/many}}{{#many}} porque {{count}} proformas, por un total de {{balance | money}}, siguen pendientes de pago{{/many}}{{/count}}.{{#event}}{{#reason}} Motivo: {{reason}}.{{/reason}}{{/event}}
{{#count}}

Al recibir el pago, los reactivaremos. Mientras tanto, conservamos sus datos.
{{/count}}
{{^count}}

Conservamos sus datos. Para saber cómo reactivarlos, responda a este correo.
{{/count}}
{{#terminate_at}}

Si la deuda continúa, los servicios que no se hayan pagado se darán de baja y sus datos se eliminarán, no antes del {{terminate_at | date}}. Le avisaremos antes de hacerlo.
{{/terminate_at}}
{{#count}}

{{> _blocks/invoices-text}}
{{/count}}
{{/body}}
{{/ _layout/text}}
