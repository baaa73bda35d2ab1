{{< _layout/html}}
{{$title}}Hemos reactivado su servicio{{/title}}
{{$preheader}}Ya puede usarlo como antes de la suspensión.{{/preheader}}
{{$body}}
<p class="ink" style="{{> _blocks/style-p}}">{{> _blocks/greeting}}</p>
<p class="ink" style="{{> _blocks/style-p}}">Hemos reactivado {{#service}}el servicio <strong>{{service.name}}</strong>{{/service}}{{^service}}su servicio{{/service}}{{#event}} el {{at | date}}, {{at | time}} ({{at | zone}}){{/event}}. Ya puede usarlo como antes de la suspensión.</p>
<p class="ink" style="{{> _blocks/style-p}}">Si algo no funciona como esperaba, responda a este correo y lo revisaremos.</p>
{{> _blocks/wrong-html}}
{{/body}}
{{/ _layout/html}}
