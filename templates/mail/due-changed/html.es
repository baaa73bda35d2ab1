{{< _layout/html}}
{{$title}}{{^many}}Su proforma tiene un nuevo vencimiento{{/many}}{{#many}}Sus {{count}} proformas tienen un nuevo vencimiento{{/many}}{{/title}}
{{$preheader}}Los avisos que mencionan la fecha anterior quedan sin efecto.{{/preheader}}
{{$body}}
{{< _blocks/facts-html}}
{{$label}}Importe{{/label}}{{$value}}{{balance | money}}{{/value}}
{{$label2}}Nuevo vencimiento{{/label2}}{{$value2}}{{due_on | date}}{{/value2}}{{$note2}}{{#old_due_on}}antes: {{old_due_on | date}}{{/old_due_on}}{{/note2}}
{{/ _blocks/facts-html}}
{{> _blocks/pay-html}}
<p class="ink" style="{{> _blocks/style-p}}">{{> _blocks/greeting}}</p>
<p class="ink" style="{{> _blocks/style-p}}">{{^many}}La proforma <strong>{{invoice.number}}</strong>, por <strong>{{balance | money}}</strong>, ahora vence el <strong>{{due_on | date}}</strong>{{/many}}{{#many}}Estas {{count}} proformas, por un total de <strong>{{balance | money}}</strong>, ahora vencen el <strong>{{due_on | date}}</strong>{{/many}}{{#old_due_on}}, en lugar del {{old_due_on | date}}{{/old_due_on}}.</p>
<p class="ink" style="{{> _blocks/style-p}}">Los avisos que le enviamos con la fecha anterior quedan sin efecto.</p>
{{> _blocks/invoices-html}}
{{> _blocks/answer-html}}
{{/body}}
{{/ _layout/html}}
