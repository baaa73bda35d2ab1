{{#service}}
<h2 class="ink" style="{{> _blocks/style-h2}}">Servicios que se verán afectados</h2>
<ul style="{{> _blocks/style-ul}}">
{{#services}}
<li class="ink" style="{{> _blocks/style-li}}">{{name}}{{#product}} <span class="soft" style="color:#5b6672">({{product}})</span>{{/product}}</li>
{{/services}}
</ul>
{{/service}}
