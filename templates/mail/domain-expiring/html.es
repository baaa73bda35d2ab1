{{< _layout/html}}
{{$title}}Su dominio está por vencer{{/title}}
{{$preheader}}Si no se renueva, el sitio web y el correo que lo usan dejarán de funcionar.{{/preheader}}
{{$body}}
<h1 class="h1" style="margin:0 0 18px;font-size:24px;line-height:31px;font-weight:700;color:#1c2733">Su dominio está por vencer</h1>
{{< _blocks/facts-warn-html}}
{{$label}}Dominio{{/label}}{{$value}}<span style="font-size:17px;line-height:24px">{{event.name}}</span>{{/value}}
{{$label2}}Vence{{/label2}}{{$value2}}{{event.expires_on | date}}{{/value2}}
{{/ _blocks/facts-warn-html}}
{{#event.url}}
{{< _blocks/button-event-html}}{{$label}}Renovar el dominio{{/label}}{{/ _blocks/button-event-html}}
{{/event.url}}
{{> _blocks/pay-html}}
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">{{> _blocks/greeting}}</p>
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">El registro del dominio <strong>{{event.name}}</strong> vence el <strong>{{event.expires_on | date}}</strong>.</p>
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">Si no se renueva antes de esa fecha, el sitio web y las direcciones de correo que lo usan dejarán de funcionar, y recuperarlo después puede costar más o no ser posible.</p>
{{^event.url}}
{{^pay_url}}
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">Para renovarlo, entre en su área de cliente o responda a este correo.</p>
{{/pay_url}}
{{/event.url}}
{{#count}}
<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:25px;color:#1c2733">{{^many}}La renovación figura en la proforma <strong>{{invoice.number}}</strong>, por <strong>{{balance | money}}</strong>, que vence el <strong>{{due_on | date}}</strong>.{{/many}}{{#many}}La renovación figura en {{count}} proformas, por un total de <strong>{{balance | money}}</strong>.{{/many}}</p>
{{/count}}
{{> _blocks/wrong-html}}
{{/body}}
{{/ _layout/html}}
