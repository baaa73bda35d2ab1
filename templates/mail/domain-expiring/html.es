{{< _layout/html}}
{{$title}}Su dominio está por vencer{{/title}}
{{$preheader}}Si no se renueva, el sitio web y el correo que lo usan dejarán de funcionar.{{/preheader}}
{{$body}}
{{< _blocks/facts-warn-html}}
{{$label}}Dominio{{/label}}{{$value}}<span style="font-size:17px;line-height:24px">{{event.name}}</span>{{/value}}
{{$label2}}Vence{{/label2}}{{$value2}}{{event.expires_on | date}}{{/value2}}
{{/ _blocks/facts-warn-html}}
{{> _blocks/pay-html}}
{{#event.url}}
{{^pay_url}}
{{< _blocks/button-event-html}}{{$label}}Renovar el dominio{{/label}}{{/ _blocks/button-event-html}}
{{/pay_url}}
{{/event.url}}
<p class="ink" style="{{> _blocks/style-p}}">{{> _blocks/greeting}}</p>
<p class="ink" style="{{> _blocks/style-p}}">El registro del dominio <strong>{{event.name}}</strong> vence el <strong>{{event.expires_on | date}}</strong>.</p>
<p class="ink" style="{{> _blocks/style-p}}">Si no se renueva antes de esa fecha, el sitio web y las direcciones de correo que lo usan dejarán de funcionar, y recuperarlo después puede costar más o no ser posible.</p>
{{^event.url}}
{{^pay_url}}
<p class="ink" style="{{> _blocks/style-p}}">Para renovarlo, entre en su área de cliente o responda a este correo.</p>
{{/pay_url}}
{{/event.url}}
{{#count}}
<p class="ink" style="{{> _blocks/style-p}}">{{^many}}La renovación figura en la proforma <strong>{{invoice.number}}</strong>, por <strong>{{balance | money}}</strong>, que vence el <strong>{{due_on | date}}</strong>.{{/many}}{{#many}}La renovación figura en {{count}} proformas, por un total de <strong>{{balance | money}}</strong>.{{/many}}</p>
{{/count}}
{{> _blocks/wrong-html}}
{{/body}}
{{/ _layout/html}}
