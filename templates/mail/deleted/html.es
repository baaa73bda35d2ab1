{{< _layout/html}}
{{$title}}Hemos dado de baja su servicio{{/title}}
{{$preheader}}Los datos del servicio se han eliminado y ya no pueden recuperarse.{{/preheader}}
{{$why}}Le enviamos este aviso porque {{customer.name}} tenía este servicio contratado con {{brand.title}}. Puede responder a este correo: lo lee una persona.{{/why}}
{{$body}}
<h1 class="h1" style="margin:0 0 18px;font-size:24px;line-height:31px;font-weight:700;color:#1c2733">Hemos dado de baja su servicio</h1>
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">{{> _blocks/greeting}}</p>
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">Hemos dado de baja {{#service}}el servicio <strong>{{service.name}}</strong>{{/service}}{{^service}}su servicio{{/service}}{{#event}} el {{at | date}}{{/event}} y sus datos se han eliminado de forma definitiva. Ya no es posible recuperarlos.</p>
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">Si quiere volver a contratar con nosotros o tiene alguna pregunta sobre esta baja, responda a este correo.</p>
{{> _blocks/wrong-html}}
{{/body}}
{{/ _layout/html}}
