{{< _layout/text}}
{{$title}}Su tarjeta está por vencer{{/title}}
{{$facts}}
Tarjeta: {{event.label}}
Vence: {{event.expires}}
{{#event.url}}
Actualizar la tarjeta: {{event.url}}
{{/event.url}}

{{/facts}}
{{$answer}}
{{> _blocks/wrong-text}}


{{/answer}}
{{$body}}
La tarjeta {{event.label}}, con la que paga sus servicios, tiene vencimiento {{event.expires}}.

Para que los próximos pagos no sean rechazados, registre una tarjeta nueva o elija otro medio de pago antes de esa fecha.
{{^event.url}}

Puede hacerlo desde su área de cliente. Por su seguridad, no nos envíe el número de la tarjeta por correo.
{{/event.url}}
{{#invoice}}

Próximo importe: {{balance | money}}, con vencimiento el {{due_on | date}}.
{{/invoice}}
{{/body}}
{{/ _layout/text}}
