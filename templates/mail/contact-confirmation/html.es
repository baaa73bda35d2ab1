{{< _layout/html}}
{{$title}}Confirme esta dirección de correo{{/title}}
{{$preheader}}{{customer.name}} ha indicado esta dirección para recibir avisos de facturación.{{/preheader}}
{{$why}}Le enviamos este mensaje porque {{customer.name}}, cliente de {{brand.title}}, ha dado esta dirección como contacto. Puede responder a este correo: lo lee una persona.{{/why}}
{{$body}}
{{< _blocks/button-answer-html}}{{$label}}Confirmar esta dirección{{/label}}{{/ _blocks/button-answer-html}}
<p class="ink" style="{{> _blocks/style-p}}">{{> _blocks/greeting}}</p>
<p class="ink" style="{{> _blocks/style-p}}">{{customer.name}} ha indicado esta dirección para recibir los avisos de facturación y de servicio de <strong>{{brand.title}}</strong>: proformas, vencimientos y suspensiones.</p>
<p class="ink" style="{{> _blocks/style-p}}">Confirme que es correcta y que los mensajes llegan bien. Si esta dirección no es la indicada, dígalo en la misma página y lo corregiremos.</p>
{{/body}}
{{/ _layout/html}}
