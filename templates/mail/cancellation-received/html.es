{{< _layout/html}}
{{$title}}Hemos recibido su solicitud de baja{{/title}}
{{$preheader}}Conserve este correo como constancia. Referencia {{subject_ref}}.{{/preheader}}
{{$body}}
{{#event.url}}
{{< _blocks/button-event-html}}{{$label}}Ver la solicitud{{/label}}{{/ _blocks/button-event-html}}
{{/event.url}}
<p class="ink" style="{{> _blocks/style-p}}">{{> _blocks/greeting}}</p>
<p class="ink" style="{{> _blocks/style-p}}">Hemos recibido su solicitud de baja{{#service}} del servicio <strong>{{service.name}}</strong>{{/service}}{{#event}} el {{at | date}}{{/event}}. Conserve este correo como constancia; la referencia es <strong>{{subject_ref}}</strong>.</p>
{{#event.effective_on}}
<p class="ink" style="{{> _blocks/style-p}}">El servicio seguirá activo hasta el <strong>{{event.effective_on | date}}</strong>. Descargue antes de esa fecha los datos que quiera conservar: después se eliminarán.</p>
{{/event.effective_on}}
{{^event.effective_on}}
<p class="ink" style="{{> _blocks/style-p}}">Antes de que la baja sea efectiva, descargue los datos que quiera conservar: después se eliminarán.</p>
{{/event.effective_on}}
<p class="ink" style="{{> _blocks/style-p}}">Si no ha pedido esta baja o ha cambiado de idea, avísenos cuanto antes respondiendo a este correo.</p>
{{> _blocks/wrong-html}}
{{/body}}
{{/ _layout/html}}
