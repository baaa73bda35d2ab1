{{< _layout/html}}
{{$title}}Hemos hecho un reembolso a su favor{{/title}}
{{$preheader}}El plazo en que lo verá acreditado depende de su banco o del emisor de su tarjeta.{{/preheader}}
{{$body}}
{{< _blocks/facts-good-html}}
{{$label}}Importe reembolsado{{/label}}{{$value}}{{event.amount | money}}{{/value}}
{{$label2}}Fecha{{/label2}}{{$value2}}{{event.at | date}}{{/value2}}
{{/ _blocks/facts-good-html}}
<p class="ink" style="{{> _blocks/style-p}}">{{> _blocks/greeting}}</p>
<p class="ink" style="{{> _blocks/style-p}}">El {{event.at | date}} hicimos un reembolso de <strong>{{event.amount | money}}</strong> a su favor{{#invoice}}, correspondiente a la proforma <strong>{{number}}</strong>{{/invoice}}.{{#event.reason}} Motivo: {{event.reason}}.{{/event.reason}}</p>
<p class="ink" style="{{> _blocks/style-p}}">No tiene que hacer nada. El plazo en que lo verá acreditado depende de su banco o del emisor de su tarjeta; suelen ser unos días hábiles.</p>
{{#event.payment}}
<p class="ink" style="{{> _blocks/style-p}}">Si necesita consultarlo con su banco, la referencia de la operación es {{event.payment}}.</p>
{{/event.payment}}
{{> _blocks/wrong-html}}
{{/body}}
{{/ _layout/html}}
