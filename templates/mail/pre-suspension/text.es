{{< _layout/text}}
{{$title}}Suspenderemos su servicio si no recibimos el pago{{/title}}
{{$facts}}
Importe: {{balance | money}}{{#overdue}} ({{> _blocks/left}}){{/overdue}}
Suspensión no antes del: {{suspend_at | date}}, {{suspend_at | time}} ({{suspend_at | zone}})
{{> _blocks/pay-text}}

{{/facts}}
{{$body}}
{{^many}}La proforma {{invoice.number}}, por {{balance | money}}, {{^overdue}}vence{{/overdue}}{{#overdue}}venció{{/overdue}} el {{due_on | date}} y sigue pendiente de pago.{{/many}}{{#many}}Estas {{count}} proformas, por un total de {{balance | money}}, siguen pendientes de pago.{{/many}}

Si no recibimos el pago, suspenderemos los servicios correspondientes no antes del {{suspend_at | datetime}} ({{suspend_at | zone}}). Para evitarlo, pague antes de esa fecha.

Mientras dure la suspensión, el servicio deja de funcionar, pero conservamos sus datos; al recibir el pago, lo reactivaremos.{{#terminate_at}} Si la deuda continúa, el servicio se dará de baja y los datos se eliminarán, no antes del {{terminate_at | date}}, y le avisaremos antes de hacerlo.{{/terminate_at}}

Si necesita más tiempo o no está de acuerdo con este importe, responda a este correo cuanto antes.
{{> _blocks/services-text}}

{{> _blocks/invoices-text}}
{{/body}}
{{/ _layout/text}}
