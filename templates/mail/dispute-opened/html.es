{{< _layout/html}}
{{$title}}{{^many}}Estamos revisando su reclamación{{/many}}{{#many}}Estamos revisando su reclamación{{/many}}{{/title}}
{{$preheader}}Mientras tanto, no le enviaremos recordatorios ni suspenderemos servicios por este importe.{{/preheader}}
{{$body}}
{{< _blocks/facts-html}}
{{$label}}Importe en revisión{{/label}}{{$value}}{{balance | money}}{{/value}}
{{$label2}}Vencimiento{{/label2}}{{$value2}}{{due_on | date}}{{/value2}}
{{/ _blocks/facts-html}}
<p class="ink" style="{{> _blocks/style-p}}">{{> _blocks/greeting}}</p>
<p class="ink" style="{{> _blocks/style-p}}">{{^many}}Hemos registrado una reclamación sobre la proforma <strong>{{invoice.number}}</strong>, por <strong>{{balance | money}}</strong>, y la estamos revisando.{{/many}}{{#many}}Hemos registrado una reclamación sobre {{count}} proformas ({{invoices | list:"number"}}), por un total de <strong>{{balance | money}}</strong>, y la estamos revisando.{{/many}}{{#event}}{{#reason}} Motivo informado: {{reason}}.{{/reason}}{{/event}}</p>
<p class="ink" style="{{> _blocks/style-p}}">Mientras dure la revisión, no le enviaremos recordatorios de pago ni suspenderemos servicios por este importe. Le escribiremos cuando tengamos una respuesta.</p>
<p class="ink" style="{{> _blocks/style-p}}">Si tiene comprobantes u otros datos que ayuden a resolverlo, envíelos respondiendo a este correo. Si usted no hizo esta reclamación, avísenos.</p>
{{> _blocks/wrong-html}}
{{/body}}
{{/ _layout/html}}
