{{< _layout/text}}
{{$title}}Hemos recibido su solicitud de baja{{/title}}
{{$facts}}
{{#event.url}}
Ver la solicitud: {{event.url}}

{{/event.url}}
{{/facts}}
{{$answer}}
{{> _blocks/wrong-text}}


{{/answer}}
{{$body}}
Hemos recibido su solicitud de baja{{#service}} del servicio {{service.name}}{{/service}}{{#event}} el {{at | date}}{{/event}}. Conserve este correo como constancia; la referencia es {{subject_ref}}.
{{#event.effective_on}}

El servicio seguirá activo hasta el {{event.effective_on | date}}. Descargue antes de esa fecha los datos que quiera conservar: después se eliminarán.
{{/event.effective_on}}
{{^event.effective_on}}

Antes de que la baja sea efectiva, descargue los datos que quiera conservar: después se eliminarán.
{{/event.effective_on}}

Si no ha pedido esta baja o ha cambiado de idea, avísenos cuanto antes respondiendo a este correo.
{{/body}}
{{/ _layout/text}}
