{{< _layout/html}}
{{$title}}{{^many}}Su proforma está vencida{{/many}}{{#many}}Sus {{count}} proformas están vencidas{{/many}}{{/title}}
{{$preheader}}Aún no nos consta el pago de {{balance | money}}.{{#pay_url}} Puede pagar en línea desde este correo.{{/pay_url}}{{/preheader}}
{{$body}}
{{< _blocks/facts-warn-html}}
{{$label}}Importe{{/label}}{{$value}}{{balance | money}}{{/value}}
{{$label2}}Vencimiento{{/label2}}{{$value2}}{{due_on | date}}{{/value2}}{{$note2}}{{#overdue}}{{> _blocks/left}}{{/overdue}}{{/note2}}
{{/ _blocks/facts-warn-html}}
{{> _blocks/pay-html}}
<p class="ink" style="{{> _blocks/style-p}}">{{> _blocks/greeting}}</p>
<p class="ink" style="{{> _blocks/style-p}}">{{^many}}La proforma <strong>{{invoice.number}}</strong>, por <strong>{{balance | money}}</strong>, venció el <strong>{{due_on | date}}</strong> y aún no nos consta el pago.{{/many}}{{#many}}Estas {{count}} proformas, por un total de <strong>{{balance | money}}</strong>, vencieron el <strong>{{due_on | date}}</strong> y aún no nos consta el pago.{{/many}} Le pedimos que {{^many}}la abone{{/many}}{{#many}}las abone{{/many}} cuanto antes.</p>
{{#suspend_at}}
<p class="ink" style="{{> _blocks/style-p}}">Si no recibimos el pago, podríamos suspender los servicios correspondientes, <strong>no antes del {{suspend_at | date}}</strong>.</p>
{{/suspend_at}}
<p class="ink" style="{{> _blocks/style-p}}">Si ha pagado en los últimos días, es posible que este aviso se haya cruzado con su pago; en ese caso, no tiene que hacer nada.</p>
{{> _blocks/invoices-html}}
{{> _blocks/answer-html}}
{{/body}}
{{/ _layout/html}}
