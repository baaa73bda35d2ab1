<p style="margin:12px 0 0"><a href="{{view_url}}" class="link" style="{{> _blocks/style-foot}}">Ver este aviso en el navegador</a>{{#brand.support_url}} &nbsp;·&nbsp; <a href="{{brand.support_url}}" class="link" style="{{> _blocks/style-foot}}">Ayuda</a>{{/brand.support_url}}{{#brand.website}} &nbsp;·&nbsp; <a href="{{brand.website}}" class="link" style="{{> _blocks/style-foot}}">{{brand.title}}</a>{{/brand.website}}</p>
{{^mandatory}}
{{#preferences_url}}
<p style="margin:12px 0 0">Si no quiere recibir avisos como este, puede <a href="{{preferences_url}}" class="link" style="{{> _blocks/style-foot}}">dejar de recibirlos</a>.</p>
{{/preferences_url}}
{{/mandatory}}
{{#tracked}}
<p style="margin:12px 0 0">De este correo registramos {{#tracked_opens}}si se cargan sus imágenes{{/tracked_opens}}{{^tracked_opens}}{{#counted_opens}}cuántas veces se cargan sus imágenes en total, sin saber quién lo hace{{/counted_opens}}{{/tracked_opens}}{{#tracked_links}}{{#tracked_opens}} y {{/tracked_opens}}{{^tracked_opens}}{{#counted_opens}}, y {{/counted_opens}}{{/tracked_opens}}si se solicitan sus enlaces{{/tracked_links}} ({{> _blocks/basis}}).{{#preferences_url}} Puede <a href="{{preferences_url}}" class="link" style="{{> _blocks/style-foot}}">cambiar lo que registramos</a>.{{/preferences_url}}</p>
{{/tracked}}
<p style="margin:12px 0 0">{{brand.title}}{{#brand.tax_id}} · {{brand.tax_id}}{{/brand.tax_id}}{{#brand.postal_address}} · {{brand.postal_address}}{{/brand.postal_address}}<br>Referencia {{subject_ref}}</p>
