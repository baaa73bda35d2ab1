{{< _layout/text}}
{{$title}}Hemos recibido su pago. ¡Gracias!{{/title}}
{{$facts}}
Importe recibido: {{event.amount | money}}
Fecha: {{event.at | date}}
{{#event.remaining}}
{{#pay_url}}
Pagar {{event.remaining | money}}: {{pay_url}}
{{/pay_url}}
{{/event.remaining}}

{{/facts}}
{{$answer}}
{{> _blocks/wrong-text}}


{{/answer}}
{{$body}}
Hemos registrado su pago de {{event.amount | money}}{{#invoice}} de la proforma {{number}}{{/invoice}}.{{#event.settled}}{{#invoice}} La proforma queda pagada por completo.{{/invoice}}{{/event.settled}}{{#event.remaining}} Quedan por pagar {{event.remaining | money}}.{{/event.remaining}}{{#attached}} Adjuntamos el comprobante en PDF.{{/attached}}

Conserve este correo como constancia de su pago.{{^event.remaining}} No tiene que hacer nada más.{{/event.remaining}}

{{> _blocks/paid-text}}
{{/body}}
{{/ _layout/text}}
