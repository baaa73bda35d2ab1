{{< _layout/text}}
{{$title}}Suspenderemos todos sus servicios si no recibimos el pago{{/title}}
{{$facts}}
Importe: {{balance | money}}{{#overdue}} ({{> _blocks/left}}){{/overdue}}
Suspensión no antes del: {{suspend_all_at | date}}, {{suspend_all_at | time}} ({{suspend_all_at | zone}})
{{> _blocks/pay-text}}

{{/facts}}
{{$body}}
{{^many}}La proforma {{invoice.number}}, por {{balance | money}}, {{^overdue}}vence{{/overdue}}{{#overdue}}venció{{/overdue}} el {{due_on | date}} y sigue pendiente de pago.{{/many}}{{#many}}Estas {{count}} proformas, por un total de {{balance | money}}, siguen pendientes de pago.{{/many}}

Si no recibimos el pago, suspenderemos todos los servicios de su cuenta, también los que están al día, no antes del {{suspend_all_at | datetime}} ({{suspend_all_at | zone}}). Para evitarlo, pague antes de esa fecha.

Mientras dure la suspensión, los servicios dejan de funcionar, pero conservamos sus datos; al recibir el pago, los reactivaremos.{{#terminate_at}} Si la deuda continúa, los servicios que no se hayan pagado se darán de baja y sus datos se eliminarán, no antes del {{terminate_at | date}}, y le avisaremos antes de hacerlo.{{/terminate_at}}

Si necesita más tiempo o no está de acuerdo con este importe, responda a este correo cuanto antes.

{{> _blocks/invoices-text}}
{{/body}}
{{/ _layout/text}}
