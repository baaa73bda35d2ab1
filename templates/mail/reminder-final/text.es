{{< _layout/text}}
{{$title}}{{^many}}Su proforma {{^overdue}}vence{{/overdue}}{{#overdue}}venció{{/overdue}} {{> _blocks/when}}{{/many}}{{#many}}Sus {{count}} proformas {{^overdue}}vencen{{/overdue}}{{#overdue}}vencieron{{/overdue}} {{> _blocks/when}}{{/many}}{{/title}}
{{$facts}}
Importe: {{balance | money}}
Vencimiento: {{due_on | date}} ({{> _blocks/left}})
{{> _blocks/pay-text}}

{{/facts}}
{{$body}}
{{^many}}La proforma {{invoice.number}}, por {{balance | money}}, {{^overdue}}vence{{/overdue}}{{#overdue}}venció{{/overdue}} el {{due_on | date}} y sigue pendiente de pago.{{/many}}{{#many}}Estas {{count}} proformas, por un total de {{balance | money}}, {{^overdue}}vencen{{/overdue}}{{#overdue}}vencieron{{/overdue}} el {{due_on | date}} y siguen pendientes de pago.{{/many}}

Este es nuestro último recordatorio.{{#suspend_at}} Si no recibimos el pago, podríamos suspender los servicios correspondientes, no antes del {{suspend_at | date}}. Antes de hacerlo le enviaremos otro aviso.{{/suspend_at}}

Si necesita más tiempo para pagar, responda a este correo antes del vencimiento.

{{> _blocks/invoices-text}}
{{/body}}
{{/ _layout/text}}
