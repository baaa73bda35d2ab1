{{< _layout/html}}
{{$title}}Cobraremos {{balance | money}} el {{#charge_on}}{{charge_on | date:"day"}}{{/charge_on}}{{^charge_on}}{{due_on | date:"day"}}{{/charge_on}}{{/title}}
{{$preheader}}No tiene que hacer nada.{{#payment_method}}{{#label}} El cargo se hará en {{label}}.{{/label}}{{/payment_method}}{{/preheader}}
{{$body}}
{{< _blocks/facts-html}}
{{$label}}Importe{{/label}}{{$value}}{{balance | money}}{{/value}}
{{$label2}}Fecha del cargo{{/label2}}{{$value2}}{{#charge_on}}{{charge_on | date:"long"}}{{/charge_on}}{{^charge_on}}{{due_on | date:"long"}}{{/charge_on}}{{/value2}}{{$note2}}{{#payment_method}}{{#label}}{{label}}{{#expires}} · vence {{expires}}{{/expires}}{{/label}}{{/payment_method}}{{/note2}}
{{/ _blocks/facts-html}}
<p class="ink" style="{{> _blocks/style-p}}">{{> _blocks/greeting}}</p>
<p class="ink" style="{{> _blocks/style-p}}">El <strong>{{> _blocks/charge-date}}</strong> haremos un cargo automático de <strong>{{balance | money}}</strong> en su medio de pago registrado{{#payment_method}}{{#label}} (<strong>{{label}}</strong>){{/label}}{{/payment_method}}{{^many}}, correspondiente a la proforma <strong>{{invoice.number}}</strong>.{{/many}}{{#many}}, correspondiente a {{count}} proformas.{{/many}}</p>
<p class="ink" style="{{> _blocks/style-p}}">No tiene que hacer nada. Si quiere pagar con otro medio o no desea renovar, avísenos o cámbielo en su cuenta antes de esa fecha.</p>
{{#pay_url}}
<p class="ink" style="{{> _blocks/style-p}}">También puede <a href="{{pay_url}}" class="link" style="{{> _blocks/style-link}}">pagar ahora</a> y no se hará el cargo automático.</p>
{{/pay_url}}
{{> _blocks/invoices-html}}
{{> _blocks/answer-html}}
{{/body}}
{{/ _layout/html}}
