{{< _layout/text}}
{{$title}}Hemos dado de baja su servicio{{/title}}
{{$answer}}
{{> _blocks/wrong-text}}


{{/answer}}
{{$why}}Le enviamos este aviso porque {{customer.name}} tenía este servicio contratado con {{brand.title}}. Puede responder a este correo: lo lee una persona.{{/why}}
{{$body}}
Hemos dado de baja {{#service}}el servicio {{service.name}}{{/service}}{{^service}}su servicio{{/service}}{{#event}} el {{at | date}}{{/event}} y sus datos se han eliminado de forma definitiva. Ya no es posible recuperarlos.

Si quiere volver a contratar con nosotros o tiene alguna pregunta sobre esta baja, responda a este correo.
{{/body}}
{{/ _layout/text}}
