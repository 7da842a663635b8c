"""Compiles small models that between them use every supported feature of MJCF, and compares each with MuJoCo's.

usage: compare_features.py DUMP [NAME...]      DUMP is the program tests/dump_model.c
"""
import os, struct, sys, tempfile
import numpy as np
from compare_model import compare

BALL = '<geom type="sphere" size=".1" mass="1"/>'

MODELS = {}

MODELS["orientations"] = '''<mujoco model="orientations"><compiler angle="radian" eulerseq="zyx"/><worldbody>
  <body pos="1 2 3" quat="1 2 -1 .5"><freejoint/><geom type="box" size=".1 .2 .3" axisangle="1 1 0 .7"/>
    <body pos="0 0 1" euler=".1 .2 .3"><joint axis="1 2 3"/><geom type="capsule" size=".05 .2" xyaxes="1 .2 0 .1 1 .3"/>
      <site name="a" zaxis="1 2 3"/><site name="b" zaxis="0 0 -1"/><site name="c" zaxis="0 0 2"/>
      <camera name="c" pos="1 1 1" xyaxes="0 1 0 0 0 1"/>
      <body zaxis="0 1 -1"><joint type="ball" pos=".1 0 0"/><geom type="ellipsoid" size=".1 .2 .05" quat="0 0 2 0"/></body>
      <body xyaxes="-1 0 0 0 1 0" pos="1 0 0"><joint type="slide" axis="0 1 1"/><geom type="cylinder" size=".1 .2"/></body>
      <body xyaxes="0 -1 0 -1 0 0" pos="1 0 0"><joint type="slide" axis="0 1 1"/><geom type="cylinder" size=".1 .2"/></body>
      <body axisangle="0 0 2 3.14159" pos="1 0 0"><joint type="slide" axis="0 1 1"/><geom type="cylinder" size=".1 .2"/></body>
    </body></body></worldbody></mujoco>'''

MODELS["euler_fixed_degrees"] = '''<mujoco><compiler eulerseq="XyZ" autolimits="false"/><worldbody>
  <body euler="10 20 30"><joint name="h" range="-90 45" limited="true" ref="30" springref="-10" armature=".1" damping="2"/>
    <joint name="s" type="slide" axis="1 0 0" range="-1 2" limited="true" margin=".01" frictionloss=".3"/>
    <geom type="box" size=".1 .2 .3" euler="45 0 10" pos=".1 .2 .3"/>
    <body pos="0 0 1" axisangle="0 1 0 90"><joint name="b" type="ball" range="0 60" limited="true" stiffness="3"/>
      <geom type="sphere" size=".1"/></body></body></worldbody>
  <sensor><ballquat joint="b"/><ballangvel joint="b" cutoff="2" noise=".1"/><jointlimitpos joint="b"/><jointlimitvel joint="s"/>
    <jointlimitfrc joint="h"/><jointpos joint="h"/><jointvel joint="s"/><jointactuatorfrc joint="h"/></sensor></mujoco>'''

MODELS["inertials"] = '''<mujoco><compiler balanceinertia="true" boundmass=".02" boundinertia=".001"/><worldbody>
  <body name="full"><joint/><inertial pos=".1 .2 .3" mass="2" fullinertia="1 1.2 1.1 .1 .2 -.05"/>''' + BALL + '''</body>
  <body name="diag" pos="0 0 1"><joint/><inertial pos="0 0 0" mass="1" diaginertia="1 .9 .8" euler="10 20 30"/></body>
  <body name="quat" pos="0 0 2"><joint/><inertial pos="0 0 0" mass="1" diaginertia="1 .9 .8" quat="1 1 0 2"/></body>
  <body name="zaxis" pos="0 0 3"><joint/><inertial pos="0 0 0" mass="1" diaginertia="1 .9 .8" zaxis="1 1 0"/></body>
  <body name="small" pos="0 0 4"><joint/><inertial pos="0 0 0" mass=".001" diaginertia="1e-6 1e-6 1e-6" xyaxes="0 1 0 1 0 0"/></body>
  <body name="odd" pos="0 0 5"><joint/><inertial pos="0 0 0" mass="1" diaginertia="1 .1 .2" axisangle="1 0 0 20"/></body>
  <body name="geoms" pos="0 0 6"><joint/><geom type="capsule" size=".1 .3" pos="1 0 0" euler="0 30 0"/>
    <geom type="box" size=".1 .2 .3" pos="0 1 0" density="500"/><geom type="cylinder" size=".1 .3" mass="0"/>
    <geom type="ellipsoid" size=".1 .2 .3" group="3" euler="5 6 7"/></body>
  <body name="empty" pos="1 2 3" quat="1 1 0 0"><body pos="0 0 1"><joint/>''' + BALL + '''</body></body></worldbody></mujoco>'''

MODELS["inertia_forced"] = '''<mujoco><compiler inertiafromgeom="true" inertiagrouprange="1 2" settotalmass="12"/><worldbody>
  <geom name="floor" type="plane" size="1 1 .1"/><geom name="endless" type="plane" size="0 0 1" pos="0 0 -1"/>
  <body><joint/><inertial pos="9 9 9" mass="99" diaginertia="9 9 9"/><geom type="box" size=".1 .2 .3" group="1"/>
    <geom type="sphere" size=".3" group="0" pos="1 1 1"/><geom type="sphere" size=".2" group="2" pos="0 1 0"/></body>
  <body pos="0 0 1"><joint/><inertial pos="1 0 0" mass="3" diaginertia="1 1 1"/><geom type="sphere" size=".3" group="0"/></body>
  </worldbody></mujoco>'''

MODELS["shells"] = '''<mujoco><default><geom shellinertia="true"/></default><worldbody>
  <body pos="0 0 1"><freejoint/><geom type="sphere" size=".2"/></body><body pos="0 0 2"><freejoint/><geom type="capsule" size=".1 .2"/></body>
  <body pos="0 0 3"><freejoint/><geom type="cylinder" size=".1 .2" mass="2"/></body>
  <body pos="0 0 4"><freejoint/><geom type="ellipsoid" size=".1 .2 .3"/></body>
  <body pos="0 0 5"><freejoint/><geom type="box" size=".1 .2 .3"/></body></worldbody></mujoco>'''

MODELS["fromto"] = '''<mujoco><worldbody>
  <body><freejoint/><geom type="capsule" size=".1" fromto="0 0 0 1 2 3"/></body>
  <body><freejoint/><geom type="cylinder" size=".1" fromto="0 0 1 0 0 0"/><site name="a" type="capsule" size=".1" fromto="1 0 0 0 0 0"/></body>
  <body><freejoint/><geom type="box" size=".1" fromto="0 0 0 0 0 1"/><site name="b" type="box" size=".1" fromto="1 2 0 0 0 0"/></body>
  <body><freejoint/><geom type="ellipsoid" size=".1" fromto="1 0 0 0 1 0"/><site name="c" type="cylinder" size=".1 .2"/></body>
  </worldbody></mujoco>'''

MODELS["classes"] = '''<mujoco><default><geom rgba="1 0 0 1"/><joint damping="1"/><site size=".01"/>
    <default class="arm"><geom type="capsule" size=".05 .2" rgba="0 1 0 1"/><joint armature=".1" range="-10 10"/>
      <default class="hand"><geom type="box" size=".1 .1 .1" euler="0 0 45"/><joint type="slide"/><site type="box" size=".1 .2 .3"/>
        <tendon width=".01" limited="true" range="0 2" rgba="1 0 1 1"/><equality solref=".01 2"/><motor gear="3"/></default></default>
    <default class="eye"><camera fovy="60" mode="targetbody"/><light diffuse="1 1 1" directional="true"/><pair friction="2"/>
      <material rgba="0 0 1 1"/></default></default>
  <default><geom density="500"/><default class="late"><geom size=".3"/></default></default>
  <asset><material name="m" class="eye" shininess=".1"/><material name="n"/><texture name="t" builtin="flat" width="4" height="4"/>
    <material name="o" texture="t" texrepeat="2 3" texuniform="true" specular=".2" reflectance=".3" emission=".4"/></asset>
  <worldbody><body childclass="arm" name="b1"><joint name="j1"/><geom name="g1"/><geom name="g2" class="hand"/>
      <body name="b2" childclass="hand" pos="0 0 1"><joint name="j2"/><geom name="g3" material="o"/><geom name="g4" quat="1 0 1 0" class="arm"/><site name="s1"/>
        <body name="b3" pos="0 0 1"><joint name="j3"/><geom name="g5" euler="10 0 0"/><site name="s2" class="arm" material="m"/>
          <frame childclass="late"><geom name="g6"/></frame></body></body>
      <body name="b4" pos="0 1 0">''' + BALL + '''</body></body>
    <body name="b5" pos="3 0 0"><freejoint name="f"/><geom name="g7" class="late"/><camera name="c" class="eye" target="b1"/>
      <light name="l" class="eye" pos="0 0 3" dir="1 1 -1"/></body>
    <body name="b6" pos="4 0 0"><joint type="free"/>''' + BALL + '''</body></worldbody>
  <contact><pair class="eye" geom1="g7" geom2="g1"/></contact>
  <tendon><spatial class="hand" material="n"><site site="s1"/><site site="s2"/></spatial></tendon>
  <equality><joint class="hand" joint1="j1" joint2="j2" polycoef="0 2"/></equality>
  <actuator><motor class="hand" joint="j1"/></actuator></mujoco>'''

MODELS["frames"] = '''<mujoco><compiler angle="radian"/><worldbody><frame pos="1 0 0" euler="0 0 1">
  <geom name="g0" size=".1"/><light name="l0" pos="0 0 1" dir="1 0 -1"/>
  <body name="a" pos="0 1 0"><frame pos="0 0 1" quat="1 1 0 0"><joint name="j" axis="0 1 0" pos=".1 .2 .3"/><joint name="s" type="slide" axis="1 1 0"/>
      <geom name="g1" type="box" size=".1 .2 .3" pos="0 0 .1" euler=".1 .2 .3"/><site name="s1" pos="1 1 1"/>
      <frame name="inner" axisangle="1 2 3 1" pos=".5 0 0"><geom name="g2" size=".2"/><site name="s2" zaxis="1 0 0"/><camera name="c" euler="1 0 0"/>
        <body name="b" pos="0 0 1"><joint name="k"/><geom name="g4" size=".1"/></body></frame></frame>
    <geom name="g3" type="capsule" size=".1 .2"/></body></frame></worldbody></mujoco>'''

MODELS["free_alignment"] = '''<mujoco><compiler alignfree="true"/><worldbody>
  <body pos="1 2 3" euler="10 20 30"><freejoint/><geom type="box" size=".1 .2 .3" pos="1 0 0"/><geom type="sphere" size=".2" pos="0 1 0"/>
    <site name="s" pos="1 1 1"/><camera name="c" pos="1 0 0"/><light name="l" pos="0 1 0" dir="1 0 0"/></body>
  <body pos="1 2 4"><freejoint align="false"/><geom type="box" size=".1 .2 .3" pos="1 0 0"/></body>
  <body pos="1 2 5"><freejoint/><geom type="box" size=".1 .2 .3" pos="1 0 0"/><body>''' + BALL + '''</body></body></worldbody></mujoco>'''

MODELS["tendons"] = '''<mujoco><compiler autolimits="true"/><worldbody><site name="s0" pos="0 0 1"/>
  <body name="a"><joint name="ja"/><geom name="ball" size=".1"/><geom name="tube" type="cylinder" size=".1 .2" pos="0 0 .3"/>
    <site name="s1" pos=".3 0 0"/><site name="side" pos="0 .3 0"/><site name="in" pos="0 0 0"/>
    <body name="b" pos="1 0 0"><joint name="jb" type="slide" axis="1 0 0"/>''' + BALL + '''<site name="s2"/><site name="s3" pos="0 0 1"/></body></body></worldbody>
  <tendon>
    <spatial name="t1" range="0 1.5" springlength=".4" stiffness="10" damping="1" margin=".1" frictionloss=".2" width=".01" rgba="1 0 0 1" group="2">
      <site site="s0"/><geom geom="ball" sidesite="side"/><site site="s1"/><geom geom="tube" sidesite="in"/><site site="s2"/></spatial>
    <spatial name="t2" springlength=".1 .5" armature=".1" limited="false" range="0 1"><site site="s0"/><site site="s1"/><pulley divisor="2"/><site site="s2"/><site site="s3"/>
      <pulley divisor="3"/><site site="s0"/><site site="s2"/></spatial>
    <spatial name="t3" actuatorfrcrange="-1 2" solreflimit=".01 .9" solimplimit=".8 .9 .01 .4 3" solreffriction=".03" solimpfriction=".7"><site site="s0"/><geom geom="ball"/><site site="s2"/></spatial>
    <fixed name="f1" range="-1 1" stiffness="2" springlength="0"><joint joint="ja" coef="2"/><joint joint="jb" coef="-.5"/></fixed></tendon>
  <equality><tendon tendon1="f1" tendon2="t3" polycoef="0 1 2" solimp=".95"/><tendon name="one" tendon1="t1" active="false"/></equality>
  <sensor><tendonpos tendon="t1"/><tendonvel tendon="f1"/><tendonactuatorfrc tendon="t3"/><tendonlimitpos tendon="t1"/><tendonlimitvel tendon="f1"/>
    <tendonlimitfrc tendon="f1"/></sensor></mujoco>'''

ACTUATED = '''<worldbody><site name="w"/><body name="a"><joint name="h" range="-60 40"/><joint name="s" type="slide" range="-1 3" actuatorfrcrange="-5 5" actuatorgravcomp="true"/>''' + BALL + '''
    <site name="p" pos="0 0 1"/><body pos="0 0 1" gravcomp=".5"><joint name="b" type="ball"/>''' + BALL + '''<site name="q" pos="1 0 0"/></body></body></worldbody>
  <tendon><spatial name="t" range="0 2"><site site="w"/><site site="q"/></spatial></tendon>'''

MODELS["actuators"] = '''<mujoco>''' + ACTUATED + '''<actuator>
    <general name="g" joint="h" ctrlrange="-1 1" forcerange="-3 3" gear="2" dyntype="filter" dynprm=".1" gainprm="3" biastype="affine" biasprm="1 2 3" actrange="-2 2" actearly="true" group="3"/>
    <general joint="s" gaintype="affine" gainprm="1 2 3" biastype="none" dyntype="integrator" actlimited="true" actrange="0 1"/>
    <motor joint="h" gear="5"/><motor name="m" jointinparent="b" gear="1 2 3"/><motor site="p" gear="0 0 1 0 .5 0"/><motor site="q" refsite="p" gear="1 0 0 0 0 0"/>
    <position joint="h" kp="10" kv="2" inheritrange=".5"/><position joint="s" kp="10" timeconst=".1" ctrlrange="-1 1"/><position tendon="t" kp="3" inheritrange="1" timeconst="0"/>
    <velocity joint="s" kv="4"/><intvelocity joint="h" kp="5" inheritrange="1"/><intvelocity joint="s" kp="5" kv="1" actrange="-1 1"/>
    <damper joint="h" kv="2" ctrlrange="0 1"/><cylinder tendon="t" timeconst=".3" area="2" bias="1 2 3"/><cylinder joint="s" diameter="2"/>
    <general joint="h" dyntype="filterexact" ctrllimited="false" ctrlrange="0 1"/></actuator>
  <sensor><actuatorpos actuator="g"/><actuatorvel actuator="g"/><actuatorfrc actuator="m" cutoff="9"/></sensor></mujoco>'''

MODELS["muscles"] = '''<mujoco><compiler><lengthrange mode="muscle" accel="30" tolrange=".1"/></compiler>
  <default><default class="m"><muscle ctrllimited="true" ctrlrange="0 1" scale="300" timeconst=".02 .05"/></default>
    <default class="g"><general dyntype="muscle" gaintype="muscle" biastype="muscle" gainprm=".7 1.1 -1 100 .4 1.7 2 1.4 1.1 0" biasprm=".7 1.1 -1 100 .4 1.7 2 1.4 1.1 0" dynprm=".01 .03 .1"/>
      <default class="gm"><muscle fvmax="1.5"/></default></default></default>''' + ACTUATED.replace('<joint name="b" type="ball"/>', '<joint name="b" range="-30 30"/>') + '''<actuator>
    <muscle tendon="t" lengthrange=".5 1.2"/><muscle class="m" tendon="t" force="100" tausmooth=".2" lengthrange="1 2"/><muscle class="m" joint="h" lmin=".4" lmax="1.8" vmax="2" fpmax="1.1" fvmax="1.3" range=".5 1" lengthrange="-1 1"/>
    <general class="g" tendon="t" lengthrange="1 3"/><muscle class="gm" tendon="t" timeconst=".5 .6" lengthrange="1 3"/><muscle jointinparent="b" lengthrange="-1 1"/></actuator>
  <keyframe><key name="k" time="2" act="1 .5 .2 0 0 0" ctrl=".1 .2 .3 .4 .5 .6" qpos=".1 .2 .3" qvel="1 2 3"/><key/></keyframe><size nkey="4"/></mujoco>'''

MODELS["defaults_of_actuators"] = '''<mujoco><default><default class="p"><position kp="7" kv="3" ctrlrange="-1 1"/></default>
    <default class="d"><damper kv="2" ctrlrange="0 1"/></default><default class="c"><cylinder timeconst=".4" bias="1 0 0" area="3"/></default>
    <default class="v"><velocity kv="6"/></default><default class="i"><intvelocity kp="8" actrange="-1 1"/></default>
    <default class="x"><muscle/><motor gear="9"/></default></default>''' + ACTUATED + '''<actuator>
    <position class="p" joint="h"/><position class="p" joint="h" kp="1"/><damper class="d" joint="h"/><cylinder class="c" joint="s"/><velocity class="v" joint="s"/>
    <intvelocity class="i" joint="s"/><motor class="x" joint="s"/><general class="x" joint="s"/><general class="p" joint="h" gainprm="2"/></actuator></mujoco>'''

MODELS["equalities"] = '''<mujoco><worldbody><site name="w" pos="1 0 0"/><body name="a" pos="0 0 1" euler="10 20 30"><freejoint/>''' + BALL + '''<site name="s"/></body>
  <body name="b" pos="0 1 1" quat="1 0 1 0"><joint name="h1"/>''' + BALL + '''<body name="c" pos="1 0 0" euler="0 0 90"><joint name="h2" type="slide"/>''' + BALL + '''<site name="u"/></body></body></worldbody>
  <equality><connect body1="a" anchor=".1 .2 .3"/><connect name="c2" body1="a" body2="c" anchor="1 0 0" solref="-100 -1" solimp=".8 .9 .1"/><connect site1="s" site2="w"/>
    <weld body1="a"/><weld body1="a" body2="c" anchor=".1 0 0" torquescale="2"/><weld body1="c" body2="b" relpose="1 2 3 2 0 0 1"/><weld site1="u" site2="s" active="false"/><weld body1="b" relpose="1 2 3 0 0 0 0"/>
    <joint joint1="h1"/><joint joint1="h1" joint2="h2" polycoef=".1 .2 .3 .4 .5"/></equality></mujoco>'''

MODELS["contacts"] = '''<mujoco><option cone="elliptic" impratio="5" gravity="1 2 -9" timestep=".004" iterations="20" ls_iterations="7" tolerance="1e-6" ls_tolerance=".1" magnetic="1 0 0">
    <flag contact="enable" limit="disable" energy="enable" eulerdamp="disable" warmstart="disable" multiccd="disable"/></option><worldbody><geom name="f" type="plane" size="1 1 1" friction="2 .1 .2" priority="1"/>
  <body name="a" pos="0 0 1"><freejoint/><geom name="g1" size=".1" friction=".5 .02 .03" solmix="2" solref=".01 .5" solimp=".7 .8 .01 .6 3" condim="1" margin=".02" gap=".01" contype="2" conaffinity="3"/></body>
  <body name="b" pos="0 0 2"><freejoint/><geom name="g2" size=".1" condim="6" group="4"/><body name="c"><joint/><geom name="g3" type="capsule" size=".1 .2" condim="4"/></body></body></worldbody>
  <contact><pair geom1="g3" geom2="g1"/><pair name="p" geom1="g2" geom2="f" condim="6" friction=".9 .8 .1 .02 .03" margin=".1" gap=".05" solref=".03 1" solreffriction=".02 .5" solimp=".6 .7 .02"/>
    <pair geom1="g1" geom2="f" friction=".7"/><pair geom1="f" geom2="g1" condim="1"/><exclude body1="c" body2="a" name="e"/><exclude body1="world" body2="b"/></contact></mujoco>'''

MODELS["sensors"] = '''<mujoco><worldbody><camera name="wc"/><body name="a"><joint name="j"/><geom name="g" size=".1"/><site name="s"/><camera name="c"/>
  <body name="b" pos="0 0 1"><joint/><geom name="h" size=".1"/><site name="t"/></body></body></worldbody><sensor>
    <touch name="touch" site="s" cutoff="3" noise=".5"/><accelerometer site="s"/><velocimeter site="s"/><gyro site="s"/><force site="s"/><torque site="s"/><magnetometer site="s"/>
    <framepos objtype="body" objname="a"/><framepos objtype="xbody" objname="a" reftype="site" refname="t"/><framequat objtype="site" objname="s" reftype="body" refname="b"/>
    <framexaxis objtype="geom" objname="g"/><frameyaxis objtype="camera" objname="c"/><framezaxis objtype="xbody" objname="b"/>
    <framelinvel objtype="site" objname="s" reftype="xbody" refname="b"/><frameangvel objtype="geom" objname="h"/><framelinacc objtype="site" objname="t"/><frameangacc objtype="body" objname="b"/>
    <subtreecom body="a"/><subtreelinvel body="a"/><subtreeangmom body="b"/><clock/><jointpos joint="j"/>
    <rangefinder site="s"/><rangefinder site="t" cutoff="2"/><insidesite site="s" objtype="geom" objname="h"/><insidesite site="t" objtype="body" objname="a"/><e_potential/><e_kinetic/>
    <contact/><contact site="s" num="3"/><contact body1="a" geom2="h" data="found dist tangent" reduce="mindist" num="2"/><contact subtree1="a" subtree2="b" data="force torque pos normal" reduce="netforce"/>
    <contact geom1="g" body2="b" reduce="maxforce" cutoff="1"/><camprojection site="s" camera="wc"/></sensor></mujoco>'''

MODELS["mocap_keys"] = '''<mujoco><worldbody><body name="m1" mocap="true" pos="1 2 3" euler="0 0 90"><geom type="plane" size="1 1 1"/></body>
  <body name="f" pos="0 0 2"><freejoint/>''' + BALL + '''</body><body name="m2" mocap="true"><geom size=".1"/><body><geom size=".2"/></body></body></worldbody>
  <keyframe><key name="one" qpos="1 2 3 2 0 0 0" mpos="1 1 1 2 2 2" mquat="1 0 0 0 0 3 0 0"/><key qvel="1 2 3 4 5 6"/></keyframe>
  <custom><numeric name="n1" data="1 2 3"/><numeric name="n2" size="4" data="5"/><text name="t" data="hello"/><tuple name="u"><element objtype="body" objname="f" prm="2"/></tuple></custom>
  <statistic meaninertia="2" meanmass="3" meansize=".4" extent="5" center="1 2 3"/></mujoco>'''

MODELS["cameras"] = '''<mujoco><visual><map znear=".02"/><headlight active="1" ambient=".1 .1 .1"/><global fovy="30"/><quality shadowsize="1024"/><scale com="2"/><rgba fog="0 0 0 1"/></visual><worldbody>
  <camera name="a" fovy="30" pos="1 1 1" ipd=".1"/><camera name="b" sensorsize=".01 .02" resolution="100 200" focal=".03 .04" principal=".001 .002"/>
  <camera name="c" sensorsize=".01 .02" resolution="100 200" focalpixel="300 400" principalpixel="5 6" mode="track"/>
  <camera name="d" mode="targetbody" target="x" projection="orthographic" fovy="2"/><light name="e" type="point" target="x" mode="targetbodycom" attenuation="1 2 3" range="4" intensity="5" bulbradius=".1" castshadow="false" active="false"/>
  <light name="f" cutoff="30" exponent="5" ambient=".1 .2 .3" specular=".4 .5 .6"/><body name="x" pos="0 0 1"><joint/>''' + BALL + '''</body></worldbody></mujoco>'''

MODELS["springs"] = '''<mujoco><worldbody><body><joint type="slide" springdamper=".1 1"/>''' + BALL + '''<body><joint name="h" springdamper=".2 .5" springref="20"/>''' + BALL + '''
  <body><joint type="ball" stiffness="2" damping="1"/>''' + BALL + '''</body></body></body></worldbody>
  <actuator><position joint="h" kp="10" dampratio="1"/></actuator></mujoco>'''

MESHES = ('legacy', 'exact', 'shell', 'convex')
QUIET = '<default><geom contype="0" conaffinity="0"/></default>'  # meshes do not collide
MODELS["meshes"] = '<mujoco>' + QUIET + '''<compiler meshdir="assets"/><asset>''' + "".join(
    f'<mesh name="{k}" file="wedge.stl" inertia="{k}"/><mesh name="{k}2" file="sub/notch.stl" inertia="{k}" scale="2 1 .5" refpos=".1 .2 .3" refquat="1 1 0 .5"/>'
    for k in MESHES) + '''<mesh file="mirror.stl" scale="-1 1 1"/><mesh name="points" vertex="0 0 0 1 0 0 0 1 0 0 0 1 .1 .1 .1" face="0 2 1 0 1 3 0 3 2 1 2 3"/>
    <material name="red" rgba="1 0 0 1"/><mesh name="painted" file="wedge.stl" material="red"/></asset><worldbody>''' + "".join(
    f'<body pos="0 0 {i}"><freejoint/><geom type="mesh" mesh="{k}" euler="10 20 30" pos="1 2 3"/></body><body pos="2 0 {i}"><freejoint/><geom type="mesh" mesh="{k}2"/><geom type="mesh" mesh="{k}" mass="2" pos="1 0 0"/></body>'
    for i, k in enumerate(MESHES)) + '''<body pos="4 0 0"><freejoint/><geom type="mesh" mesh="mirror"/><geom type="mesh" mesh="points" pos="3 0 0"/><geom name="p" type="mesh" mesh="painted" contype="0" conaffinity="0"/></body>
  </worldbody></mujoco>'''

FITS = "".join(f'<body pos="0 0 {i}"><freejoint/><geom type="{t}" mesh="w" fitscale="1.1" euler="10 0 0" pos="1 0 0"/><geom type="{t}" mesh="n" density="10"/></body>'
               for i, t in enumerate(("sphere", "capsule", "cylinder", "ellipsoid", "box")))
MODELS["mesh_fits_inertia"] = '<mujoco><asset><mesh name="w" file="assets/wedge.stl"/><mesh name="n" file="assets/sub/notch.stl"/></asset><worldbody>' + FITS + '</worldbody></mujoco>'
MODELS["mesh_fits_bounds"] = MODELS["mesh_fits_inertia"].replace("<asset>", '<compiler fitaabb="true"/><asset>')
MODELS["mesh_strippath"] = '<mujoco><compiler strippath="true" assetdir="assets"/><asset><mesh name="w" file="no/such/wedge.stl"/></asset><worldbody><body><freejoint/><geom type="mesh" mesh="w"/></body></worldbody></mujoco>'
MODELS["convex_random"] = '<mujoco>' + QUIET + '<asset><mesh name="r" file="assets/cloud.stl" inertia="convex"/><mesh name="b" file="assets/grid.stl" inertia="convex"/></asset><worldbody><body><freejoint/><geom type="mesh" mesh="r"/></body><body pos="5 0 0"><freejoint/><geom type="mesh" mesh="b"/></body></worldbody></mujoco>'
MODELS["points_only"] = '<mujoco><asset><mesh name="p" vertex="' + " ".join(f"{x:g}" for x in np.random.default_rng(5).normal(size=60)) + '"/></asset><worldbody><body><freejoint/><geom type="mesh" mesh="p"/></body></worldbody></mujoco>'

MODELS["nothing"] = "<mujoco/>"
MODELS["world_only"] = '<mujoco model="w"><!-- a -- b --- ><geom/> --><worldbody><geom size="1"/><site/></worldbody></mujoco>'
MODELS["includes"] = '''<mujoco model="outer"><include file="parts/assets.xml"/><compiler angle="degree"/><worldbody><body name="a"><joint name="j"/><include file="parts/limb.xml"/></body></worldbody></mujoco>'''
FILES = {
    "parts/assets.xml": '<mujocoinclude><compiler angle="radian" meshdir="assets"/><asset><mesh name="w" file="wedge.stl"/></asset><include file="deeper/more.xml"/></mujocoinclude>',
    "parts/deeper/more.xml": '<mujoco><asset><mesh name="l" file="local.stl"/></asset><default class="main"><geom density="300"/></default><include file="last.xml"/></mujoco>',
    "parts/deeper/last.xml": '<mujoco><option timestep=".003"/></mujoco>',
    "parts/limb.xml": '<mujoco><geom type="mesh" mesh="w"/><body name="b" pos="0 0 1"><joint range="-10 10"/><geom type="mesh" mesh="l"/></body><site name="s"/></mujoco>',
}


def write_stl(path, triangles):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(b"solid in name only".ljust(80, b" ") + struct.pack("<I", len(triangles)))
        for t in np.asarray(triangles, np.float32):
            f.write(struct.pack("<12fH", 0, 0, 0, *t.reshape(-1), 0))


def prism(outline, height):
    """triangles of a prism over an outline that runs counterclockwise and is seen whole from its first corner"""
    low = [(x, y, 0) for x, y in outline]
    top = [(x, y, height) for x, y in outline]
    n, faces = len(outline), []
    for i in range(1, n - 1):
        faces += [(low[0], low[i + 1], low[i]), (top[0], top[i], top[i + 1])]
    for i in range(n):
        j = (i + 1) % n
        faces += [(low[i], low[j], top[j]), (low[i], top[j], top[i])]
    return np.array(faces)


def write_assets(folder):
    wedge = prism([(0, 0), (1, 0), (.3, .8)], .4)
    notch = prism([(0, 0), (1, 0), (1, .2), (.2, .2), (.2, 1), (0, 1)], .3) + [.5, .1, -.2]
    rng = np.random.default_rng(3)
    cloud = rng.normal(size=(300, 3, 3)) * [.1, .2, .3]
    k = np.arange(5)
    grid = np.stack(np.meshgrid(k, k, k), -1).reshape(-1, 3) * .1
    grid = grid[rng.permutation(len(grid))[:123]].reshape(-1, 3, 3)
    for name, faces in (("assets/wedge", wedge), ("assets/sub/notch", notch), ("assets/mirror", wedge), ("assets/cloud", cloud),
                        ("assets/grid", grid), ("parts/deeper/local", notch)):
        write_stl(f"{folder}/{name}.stl", faces)
    for name, text in FILES.items():
        os.makedirs(os.path.dirname(f"{folder}/{name}"), exist_ok=True)
        with open(f"{folder}/{name}", "w") as f:
            f.write(text)


def compare_all(models, **how):
    """The command line of this kind of script: compares models, texts by name, or those that are named; ends the program."""
    dump, wanted = sys.argv[1], sys.argv[2:]
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        write_assets(folder)
        for name, text in models.items():
            if wanted and name not in wanted:
                continue
            path = f"{folder}/{name}.xml"
            with open(path, "w") as f:
                f.write(text)
            try:
                count, bad = compare(dump, path, quiet=not wanted, **how)
            except Exception as error:
                count, bad = 0, [f"MuJoCo: {error}"]
            print(f"{name:32} {count} arrays, " + ("all agree" if not bad else "DIFFERENT: " + "; ".join(bad)))
            failed += bool(bad)
    print(f"{len(wanted) or len(models)} models, {failed} differ")
    sys.exit(failed > 0)


if __name__ == "__main__":
    compare_all(MODELS)
