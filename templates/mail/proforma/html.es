{{< _layout/html}}
{{$title}}{{^many}}Proforma {{invoice.number}}{{/many}}{{#many}}Sus {{count}} proformas nuevas{{/many}}{{/title}}
{{$preheader}}A pagar {{balance | money}} hasta el {{due_on | date}}.{{#pay_url}} Puede pagar en línea desde este correo.{{/pay_url}}{{/preheader}}
{{$body}}
<h1 class="h1" style="margin:0 0 18px;font-size:24px;line-height:31px;font-weight:700;color:#1c2733">{{^many}}Proforma {{invoice.number}}{{/many}}{{#many}}Sus {{count}} proformas nuevas{{/many}}</h1>
{{< _blocks/facts-html}}
{{$label}}Importe{{/label}}{{$value}}{{balance | money}}{{/value}}
{{$label2}}Vencimiento{{/label2}}{{$value2}}{{due_on | date}}{{/value2}}{{$note2}}{{> _blocks/left}}{{/note2}}
{{/ _blocks/facts-html}}
{{> _blocks/pay-html}}
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">{{> _blocks/greeting}}</p>
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">{{^many}}Le enviamos la proforma <strong>{{invoice.number}}</strong>, que vence el <strong>{{due_on | date}}</strong>.{{/many}}{{#many}}Le enviamos {{count}} proformas que vencen el <strong>{{due_on | date}}</strong>. A continuación encontrará el detalle de cada una.{{/many}}{{^many}}{{#attached}} Adjuntamos el documento en PDF.{{/attached}}{{/many}}</p>
{{#auto_renew}}
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">No tiene que hacer nada: el {{> _blocks/charge-date}} cobraremos el importe{{#payment_method}}{{#label}} en {{label}}{{/label}}{{/payment_method}}.</p>
{{/auto_renew}}
{{^auto_renew}}
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">La proforma no es una factura: la factura se emite al acreditarse el pago.</p>
{{/auto_renew}}
{{> _blocks/invoices-html}}
{{> _blocks/answer-html}}
{{/body}}
{{/ _layout/html}}
