{{< _layout/html}}
{{$title}}{{^many}}Su proforma {{^overdue}}vence{{/overdue}}{{#overdue}}venció{{/overdue}} {{> _blocks/when}}{{/many}}{{#many}}Sus {{count}} proformas {{^overdue}}vencen{{/overdue}}{{#overdue}}vencieron{{/overdue}} {{> _blocks/when}}{{/many}}{{/title}}
{{$preheader}}Aún no nos consta el pago de {{balance | money}}.{{#pay_url}} Puede pagar en línea desde este correo.{{/pay_url}}{{/preheader}}
{{$body}}
{{< _blocks/facts-html}}
{{$label}}Importe{{/label}}{{$value}}{{balance | money}}{{/value}}
{{$label2}}Vencimiento{{/label2}}{{$value2}}{{due_on | date}}{{/value2}}{{$note2}}{{> _blocks/left}}{{/note2}}
{{/ _blocks/facts-html}}
{{> _blocks/pay-html}}
<p class="ink" style="{{> _blocks/style-p}}">{{> _blocks/greeting}}</p>
<p class="ink" style="{{> _blocks/style-p}}">{{^many}}Le recordamos que la proforma <strong>{{invoice.number}}</strong>, por <strong>{{balance | money}}</strong>, {{^overdue}}vence{{/overdue}}{{#overdue}}venció{{/overdue}} el <strong>{{due_on | date}}</strong> y aún no nos consta el pago.{{/many}}{{#many}}Le recordamos que estas {{count}} proformas, por un total de <strong>{{balance | money}}</strong>, {{^overdue}}vencen{{/overdue}}{{#overdue}}vencieron{{/overdue}} el <strong>{{due_on | date}}</strong> y aún no nos consta el pago.{{/many}}</p>
{{#payment_method}}
{{#transfer}}
<p class="ink" style="{{> _blocks/style-p}}">Si paga por transferencia, hágalo con uno o dos días hábiles de antelación e indique el número de proforma, para que el pago se acredite a tiempo.</p>
{{/transfer}}
{{/payment_method}}
<p class="ink" style="{{> _blocks/style-p}}">Si ha pagado en los últimos días, es posible que este recordatorio se haya cruzado con su pago; en ese caso, no tiene que hacer nada.</p>
{{> _blocks/invoices-html}}
{{> _blocks/answer-html}}
{{/body}}
{{/ _layout/html}}
