{{< _layout/text}}
{{$title}}{{^many}}Su proforma está vencida{{/many}}{{#many}}Sus {{count}} proformas están vencidas{{/many}}{{/title}}
{{$facts}}
Importe: {{balance | money}}
Vencimiento: {{due_on | date}}{{#overdue}} ({{> _blocks/left}}){{/overdue}}
{{> _blocks/pay-text}}

{{/facts}}
{{$body}}
{{^many}}La proforma {{invoice.number}}, por {{balance | money}}, venció el {{due_on | date}} y aún no nos consta el pago.{{/many}}{{#many}}Estas {{count}} proformas, por un total de {{balance | money}}, vencieron el {{due_on | date}} y aún no nos consta el pago.{{/many}} Le pedimos que {{^many}}la abone{{/many}}{{#many}}las abone{{/many}} cuanto antes.
{{#suspend_at}}

Si no recibimos el pago, podríamos suspender los servicios correspondientes, no antes del {{suspend_at | date}}.
{{/suspend_at}}

Si ha pagado en los últimos días, es posible que este aviso se haya cruzado con su pago; en ese caso, no tiene que hacer nada.

{{> _blocks/invoices-text}}
{{/body}}
{{/ _layout/text}}
