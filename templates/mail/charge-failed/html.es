{{< _layout/html}}
{{$title}}No hemos podido hacer el cargo{{/title}}
{{$preheader}}{{#pay_url}}Puede pagar ahora desde este correo o revisar su medio de pago.{{/pay_url}}{{^pay_url}}Revise su medio de pago.{{/pay_url}}{{/preheader}}
{{$body}}
{{< _blocks/facts-warn-html}}
{{$label}}Importe{{/label}}{{$value}}{{balance | money}}{{/value}}{{$note}}{{#payment_method}}{{#label}}{{label}}{{/label}}{{/payment_method}}{{/note}}
{{$label2}}Vencimiento{{/label2}}{{$value2}}{{due_on | date}}{{/value2}}{{$note2}}{{> _blocks/left}}{{/note2}}
{{/ _blocks/facts-warn-html}}
{{> _blocks/pay-html}}
<p class="ink" style="{{> _blocks/style-p}}">{{> _blocks/greeting}}</p>
<p class="ink" style="{{> _blocks/style-p}}">El cargo automático de <strong>{{balance | money}}</strong>{{#payment_method}}{{#label}} en su medio de pago (<strong>{{label}}</strong>){{/label}}{{/payment_method}}{{^many}}, correspondiente a la proforma <strong>{{invoice.number}}</strong>,{{/many}}{{#many}}, correspondiente a {{count}} proformas,{{/many}} no se ha completado.{{#event}}{{#reason}} Motivo que informa la entidad de pago: {{reason}}.{{/reason}}{{/event}}</p>
{{#retry_on}}
<p class="ink" style="{{> _blocks/style-p}}">Lo intentaremos de nuevo el <strong>{{retry_on | date}}</strong>. Si antes paga por otro medio, ya no lo intentaremos.</p>
{{/retry_on}}
<p class="ink" style="{{> _blocks/style-p}}">Compruebe que el medio de pago siga vigente y tenga saldo o límite suficiente{{#pay_url}}, o pague ahora por otro medio con el enlace de pago de este correo{{/pay_url}}.</p>
{{#suspend_at}}
<p class="ink" style="{{> _blocks/style-p}}">Si la proforma sigue pendiente de pago después del vencimiento, podríamos suspender el servicio, no antes del {{suspend_at | date}}. Le avisaremos antes de hacerlo.</p>
{{/suspend_at}}
{{> _blocks/invoices-html}}
{{> _blocks/answer-html}}
{{/body}}
{{/ _layout/html}}
