{{< _layout/html}}
{{$title}}Hemos reactivado su servicio{{/title}}
{{$preheader}}Ya puede usarlo como antes de la suspensión.{{/preheader}}
{{$body}}
<h1 class="h1" style="margin:0 0 18px;font-size:24px;line-height:31px;font-weight:700;color:#1c2733">Hemos reactivado su servicio</h1>
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">{{> _blocks/greeting}}</p>
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">Hemos reactivado {{#service}}el servicio <strong>{{service.name}}</strong>{{/service}}{{^service}}su servicio{{/service}}{{#event}} el {{at | date}}, {{at | time}} ({{at | zone}}){{/event}}. Ya puede usarlo como antes de la suspensión.</p>
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">Si algo no funciona como esperaba, responda a este correo y lo revisaremos.</p>
{{> _blocks/wrong-html}}
{{/body}}
{{/ _layout/html}}
