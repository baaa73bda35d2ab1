{{< _layout/html}}
{{$title}}Le queda poco saldo{{/title}}
{{$preheader}}Cuando el saldo se agota, los servicios que se pagan con él pueden interrumpirse.{{/preheader}}
{{$body}}
<h1 class="h1" style="margin:0 0 18px;font-size:24px;line-height:31px;font-weight:700;color:#1c2733">Le queda poco saldo</h1>
{{< _blocks/facts-warn-html}}
{{$label}}Saldo disponible{{/label}}{{$value}}{{event.amount | money}}{{/value}}{{$note}}{{#service}}{{name}}{{/service}}{{/note}}
{{$label2}}Fecha{{/label2}}{{$value2}}{{event.at | date}}{{/value2}}{{$note2}}{{event.at | time}} ({{event.at | zone}}){{/note2}}
{{/ _blocks/facts-warn-html}}
{{#event.url}}
{{< _blocks/button-event-html}}{{$label}}Recargar saldo{{/label}}{{/ _blocks/button-event-html}}
{{/event.url}}
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">{{> _blocks/greeting}}</p>
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">Su saldo a favor es de <strong>{{event.amount | money}}</strong>{{#event.threshold}}, por debajo del aviso fijado en {{event.threshold | money}}{{/event.threshold}}.</p>
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">Cuando el saldo se agota, los servicios que se pagan con él pueden interrumpirse. Para evitarlo, recárguelo cuanto antes.</p>
{{^event.url}}
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">Puede hacerlo desde su área de cliente o respondiendo a este correo.</p>
{{/event.url}}
{{> _blocks/wrong-html}}
{{/body}}
{{/ _layout/html}}
