{{< _layout/html}}
{{$title}}Su tarjeta está por vencer{{/title}}
{{$preheader}}Actualícela a tiempo para que sus pagos automáticos no se interrumpan.{{/preheader}}
{{$body}}
{{< _blocks/facts-warn-html}}
{{$label}}Tarjeta{{/label}}{{$value}}{{event.label}}{{/value}}
{{$label2}}Vence{{/label2}}{{$value2}}{{event.expires}}{{/value2}}
{{/ _blocks/facts-warn-html}}
{{#event.url}}
{{< _blocks/button-event-html}}{{$label}}Actualizar la tarjeta{{/label}}{{/ _blocks/button-event-html}}
{{/event.url}}
<p class="ink" style="{{> _blocks/style-p}}">{{> _blocks/greeting}}</p>
<p class="ink" style="{{> _blocks/style-p}}">La tarjeta <strong>{{event.label}}</strong>, con la que paga sus servicios, tiene vencimiento <strong>{{event.expires}}</strong>.</p>
<p class="ink" style="{{> _blocks/style-p}}">Para que los próximos pagos no sean rechazados, registre una tarjeta nueva o elija otro medio de pago antes de esa fecha.</p>
{{^event.url}}
<p class="ink" style="{{> _blocks/style-p}}">Puede hacerlo desde su área de cliente. Por su seguridad, no nos envíe el número de la tarjeta por correo.</p>
{{/event.url}}
{{#invoice}}
<p class="ink" style="{{> _blocks/style-p}}">Próximo importe: {{balance | money}}, con vencimiento el {{due_on | date}}.</p>
{{/invoice}}
{{> _blocks/wrong-html}}
{{/body}}
{{/ _layout/html}}
