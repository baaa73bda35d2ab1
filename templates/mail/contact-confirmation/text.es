{{< _layout/text}}
{{$title}}Confirme esta dirección de correo{{/title}}
{{$facts}}
Confirmar esta dirección: {{answer_url}}

{{/facts}}
{{$answer}}{{/answer}}
{{$why}}Le enviamos este mensaje porque {{customer.name}}, cliente de {{brand.title}}, ha dado esta dirección como contacto. Puede responder a este correo: lo lee una persona.{{/why}}
{{$body}}
{{customer.name}} ha indicado esta dirección para recibir los avisos de facturación y de servicio de {{brand.title}}: proformas, vencimientos y suspensiones.

Confirme que es correcta y que los mensajes llegan bien. Si esta dirección no es la indicada, dígalo en la misma página y lo corregiremos.
{{/body}}
{{/ _layout/text}}
