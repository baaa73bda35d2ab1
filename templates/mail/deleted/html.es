{{< _layout/html}}
{{$title}}Hemos dado de baja su servicio{{/title}}
{{$preheader}}Los datos del servicio se han eliminado y ya no pueden recuperarse.{{/preheader}}
{{$why}}Le enviamos este aviso porque {{customer.name}} tenía este servicio contratado con {{brand.title}}. Puede responder a este correo: lo lee una persona.{{/why}}
{{$body}}
<p class="ink" style="{{> _blocks/style-p}}">{{> _blocks/greeting}}</p>
<p class="ink" style="{{> _blocks/style-p}}">Hemos dado de baja {{#service}}el servicio <strong>{{service.name}}</strong>{{/service}}{{^service}}su servicio{{/service}}{{#event}} el {{at | date}}{{/event}} y sus datos se han eliminado de forma definitiva. Ya no es posible recuperarlos.</p>
<p class="ink" style="{{> _blocks/style-p}}">Si quiere volver a contratar con nosotros o tiene alguna pregunta sobre esta baja, responda a este correo.</p>
{{> _blocks/wrong-html}}
{{/body}}
{{/ _layout/html}}
