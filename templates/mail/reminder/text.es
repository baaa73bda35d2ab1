{{< _layout/text}}
{{$title}}{{^many}}Su proforma {{^overdue}}vence{{/overdue}}{{#overdue}}venció{{/overdue}} {{> _blocks/when}}{{/many}}{{#many}}Sus {{count}} proformas {{^overdue}}vencen{{/overdue}}{{#overdue}}vencieron{{/overdue}} {{> _blocks/when}}{{/many}}{{/title}}
{{$facts}}
Importe: {{balance | money}}
Vencimiento: {{due_on | date}} ({{> _blocks/left}})
{{> _blocks/pay-text}}

{{/facts}}
{{$body}}
{{^many}}Le recordamos que la proforma {{invoice.number}}, por {{balance | money}}, {{^overdue}}vence{{/overdue}}{{#overdue}}venció{{/overdue}} el {{due_on | date}} y aún no nos consta el pago.{{/many}}{{#many}}Le recordamos que estas {{count}} proformas, por un total de {{balance | money}}, {{^overdue}}vencen{{/overdue}}{{#overdue}}vencieron{{/overdue}} el {{due_on | date}} y aún no nos consta el pago.{{/many}}
{{#payment_method}}
{{#transfer}}

Si paga por transferencia, hágalo con uno o dos días hábiles de antelación e indique el número de proforma, para que el pago se acredite a tiempo.
{{/transfer}}
{{/payment_method}}

Si ha pagado en los últimos días, es posible que este recordatorio se haya cruzado con su pago; en ese caso, no tiene que hacer nada.

{{> _blocks/invoices-text}}
{{/body}}
{{/ _layout/text}}
