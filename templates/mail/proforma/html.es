{{< _layout/html}}
{{$title}}{{^many}}Proforma {{invoice.number}}{{/many}}{{#many}}Sus {{count}} proformas nuevas{{/many}}{{/title}}
{{$preheader}}A pagar {{balance | money}} hasta el {{due_on | date}}.{{#pay_url}} Puede pagar en línea desde este correo.{{/pay_url}}{{/preheader}}
{{$body}}
{{< _blocks/facts-html}}
{{$label}}Importe{{/label}}{{$value}}{{balance | money}}{{/value}}
{{$label2}}Vencimiento{{/label2}}{{$value2}}{{due_on | date}}{{/value2}}{{$note2}}{{> _blocks/left}}{{/note2}}
{{/ _blocks/facts-html}}
{{^auto_renew}}
{{> _blocks/pay-html}}
{{/auto_renew}}
<p class="ink" style="{{> _blocks/style-p}}">{{> _blocks/greeting}}</p>
<p class="ink" style="{{> _blocks/style-p}}">{{^many}}Le enviamos la proforma <strong>{{invoice.number}}</strong>, que vence el <strong>{{due_on | date}}</strong>.{{/many}}{{#many}}Le enviamos {{count}} proformas que vencen el <strong>{{due_on | date}}</strong>. A continuación encontrará el detalle de cada una.{{/many}}{{^many}}{{#attached}} Adjuntamos el documento en PDF.{{/attached}}{{/many}}</p>
{{#auto_renew}}
<p class="ink" style="{{> _blocks/style-p}}">No tiene que hacer nada: el {{> _blocks/charge-date}} cobraremos el importe en su medio de pago registrado{{#payment_method}}{{#label}} ({{label}}){{/label}}{{/payment_method}}.</p>
{{#pay_url}}
<p class="ink" style="{{> _blocks/style-p}}">Si lo prefiere, también puede <a href="{{pay_url}}" class="link" style="{{> _blocks/style-link}}">pagar ahora</a>.</p>
{{/pay_url}}
{{/auto_renew}}
{{^auto_renew}}
<p class="ink" style="{{> _blocks/style-p}}">La proforma no es una factura: la factura se emite al acreditarse el pago.</p>
{{/auto_renew}}
{{> _blocks/invoices-html}}
{{> _blocks/answer-html}}
{{/body}}
{{/ _layout/html}}
