{{< _layout/text}}
{{$title}}Su servicio se dará de baja y sus datos se eliminarán{{/title}}
{{$facts}}
Importe: {{balance | money}}{{#overdue}} ({{> _blocks/left}}){{/overdue}}
Eliminación no antes del: {{terminate_at | date}}, {{terminate_at | time}} ({{terminate_at | zone}})
{{> _blocks/pay-text}}

{{/facts}}
{{$body}}
{{^many}}La proforma {{invoice.number}}, por {{balance | money}}, {{^overdue}}vence{{/overdue}}{{#overdue}}venció{{/overdue}} el {{due_on | date}} y sigue pendiente de pago.{{/many}}{{#many}}Estas {{count}} proformas, por un total de {{balance | money}}, siguen pendientes de pago.{{/many}}

Si no recibimos el pago, daremos de baja los servicios correspondientes y eliminaremos sus datos de forma definitiva, no antes del {{terminate_at | datetime}} ({{terminate_at | zone}}). Después de esa fecha no podremos recuperarlos.

Cómo obtener sus datos antes de esa fecha

- Archivos y bases de datos: descargue una copia de seguridad desde su panel de control, o copie los archivos por SFTP o FTP y exporte las bases de datos.
- Correo: descargue sus buzones con un programa de correo que use IMAP.
- Dominios: pídanos el código de transferencia si quiere llevarlos a otro proveedor.
- Si el servicio está suspendido y no puede entrar: responda a este correo antes de esa fecha y le indicaremos cómo obtener una copia.

Si prefiere conservar el servicio, basta con pagar antes de esa fecha: al recibir el pago, lo reactivaremos con todos sus datos.
{{> _blocks/services-text}}

{{> _blocks/invoices-text}}
{{/body}}
{{/ _layout/text}}
