{{< _layout/html}}
{{$title}}Le queda poco saldo{{/title}}
{{$preheader}}Cuando el saldo se agota, los servicios que se pagan con él pueden interrumpirse.{{/preheader}}
{{$body}}
{{< _blocks/facts-warn-html}}
{{$label}}Saldo disponible{{/label}}{{$value}}{{event.amount | money}}{{/value}}{{$note}}{{#service}}{{name}}{{/service}}{{/note}}
{{$label2}}Fecha{{/label2}}{{$value2}}{{event.at | date}}{{/value2}}{{$note2}}{{event.at | time}} ({{event.at | zone}}){{/note2}}
{{/ _blocks/facts-warn-html}}
{{#event.url}}
{{< _blocks/button-event-html}}{{$label}}Recargar saldo{{/label}}{{/ _blocks/button-event-html}}
{{/event.url}}
<p class="ink" style="{{> _blocks/style-p}}">{{> _blocks/greeting}}</p>
<p class="ink" style="{{> _blocks/style-p}}">Su saldo a favor es de <strong>{{event.amount | money}}</strong>{{#event.threshold}}, por debajo del aviso fijado en {{event.threshold | money}}{{/event.threshold}}.</p>
<p class="ink" style="{{> _blocks/style-p}}">Cuando el saldo se agota, los servicios que se pagan con él pueden interrumpirse. Para evitarlo, recárguelo cuanto antes.</p>
{{^event.url}}
<p class="ink" style="{{> _blocks/style-p}}">Puede hacerlo desde su área de cliente o respondiendo a este correo.</p>
{{/event.url}}
{{> _blocks/wrong-html}}
{{/body}}
{{/ _layout/html}}
