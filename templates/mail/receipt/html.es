{{< _layout/html}}
{{$title}}Hemos recibido su pago. ¡Gracias!{{/title}}
{{$preheader}}Gracias por su pago del {{event.at | date}}.{{#event.settled}} No queda saldo por pagar.{{/event.settled}}{{#event.remaining}} Queda por pagar {{event.remaining | money}}.{{/event.remaining}}{{/preheader}}
{{$body}}
{{< _blocks/facts-good-html}}
{{$label}}Importe recibido{{/label}}{{$value}}{{event.amount | money}}{{/value}}
{{$label2}}Fecha{{/label2}}{{$value2}}{{event.at | date}}{{/value2}}
{{/ _blocks/facts-good-html}}
{{#event.remaining}}
{{#pay_url}}
{{< _blocks/button-pay-html}}{{$label}}Pagar {{event.remaining | money}}{{/label}}{{/ _blocks/button-pay-html}}
{{/pay_url}}
{{/event.remaining}}
<p class="ink" style="{{> _blocks/style-p}}">{{> _blocks/greeting}}</p>
<p class="ink" style="{{> _blocks/style-p}}">Hemos registrado su pago de <strong>{{event.amount | money}}</strong>{{#invoice}} de la proforma <strong>{{number}}</strong>{{/invoice}}.{{#event.settled}}{{#invoice}} La proforma queda pagada por completo.{{/invoice}}{{/event.settled}}{{#event.remaining}} Quedan por pagar <strong>{{event.remaining | money}}</strong>.{{/event.remaining}}{{#attached}} Adjuntamos el comprobante en PDF.{{/attached}}</p>
<p class="ink" style="{{> _blocks/style-p}}">Conserve este correo como constancia de su pago.{{^event.remaining}} No tiene que hacer nada más.{{/event.remaining}}</p>
{{> _blocks/paid-html}}
{{> _blocks/wrong-html}}
{{/body}}
{{/ _layout/html}}
